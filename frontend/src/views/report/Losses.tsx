import { controlsOf } from "../../lib/controls";
import { nonFiniteCount, nonFiniteText } from "../../lib/health";
import { percent } from "../../lib/numbers";
import type { Config, LossInfo, LossResult } from "../../lib/types";
import type { ScreenSnapshot } from "../../state/screen_snapshot";
import { Value } from "./Value";

/** Every loss with its value, its non-default configuration, its metrics, and non-finite counts. */
export function Losses({ screen: { catalogue, result } }: { screen: ScreenSnapshot }) {
  const { losses, total } = result.evaluation;
  const { configs } = result.request.body;
  return (
    <>
      <h2>Losses</h2>
      {total !== null && (
        <p data-name="total">
          total, the sum of weight * loss: <Value value={total} />
        </p>
      )}
      {catalogue.flatMap((loss) => {
        const result = losses[loss.name];
        return result ? [<Loss key={loss.name} loss={loss} result={result} config={configs[loss.name] ?? {}} />] : [];
      })}
    </>
  );
}

interface LossProps {
  loss: LossInfo;
  result: LossResult;
  config: Config;
}

function Loss({ loss, result, config }: LossProps) {
  const ill = result.health.filter((term) => nonFiniteCount(term) > 0);
  return (
    <section className="card" data-loss={loss.name}>
      <h3>{loss.title}</h3>
      <p className="dim">{loss.doc}</p>
      {result.error && <p className="bad">{result.error.message}</p>}
      {result.loss !== null && (
        <p className="hero" data-name="loss">
          <Value value={result.loss} />
        </p>
      )}
      <p>
        weight <Value value={result.weight} />
        {result.share !== null && `, ${percent(result.share)} of the total`}
      </p>
      {ill.map((term) => (
        <p key={term.term} className="bad">
          {term.term}: {nonFiniteText(term)}
        </p>
      ))}
      {result.note && <p className="dim">{result.note}</p>}
      <div className="sides">
        <Changes loss={loss} config={config} />
        <Metrics metrics={result.metrics} />
      </div>
    </section>
  );
}

function Changes({ loss, config }: { loss: LossInfo; config: Config }) {
  const changed = controlsOf(loss.config_schema).filter(({ name }) => name in config);
  if (changed.length === 0) return <p className="dim">Configuration: all defaults.</p>;
  return (
    <table data-name="config">
      <thead>
        <tr>
          <th>configuration</th>
          <th>value</th>
          <th>default</th>
        </tr>
      </thead>
      <tbody>
        {changed.map(({ name, default: usual }) => (
          <tr key={name} data-name={name}>
            <th>
              <code>{name}</code>
            </th>
            <td className="num">{String(config[name])}</td>
            <td className="num dim">{String(usual)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Metrics({ metrics }: Pick<LossResult, "metrics">) {
  return (
    <table data-name="metrics">
      <tbody>
        {Object.entries(metrics).map(([name, value]) => (
          <tr key={name} data-name={name}>
            <th>
              <code>{name}</code>
            </th>
            <td>
              <Value value={value} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
