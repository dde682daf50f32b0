import { Anchor, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { problemOf } from "../../lib/problem";
import { addressParts, changeText } from "../../lib/scan";
import { count, counted } from "../../lib/sizes";
import type { ScanChange, ScanComparison, ScanInfo } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { compareWith, selectShard } from "../../state/actions/scan";
import { comparisonQuery, scansQuery } from "../../state/scan_queries";
import { Card } from "../Card";
import { Num } from "../Num";
import { ProblemBanner } from "../ProblemBanner";
import styles from "./Comparison.module.css";

/** What got worse since another scan, and where. */
export function ComparisonCard({ scan, other }: { scan: ScanInfo; other: string }) {
  const { data, error } = useQuery(comparisonQuery(scan.id, other));
  const { data: scans = [] } = useQuery(scansQuery);
  const name = scans.find(({ id }) => id === other)?.name ?? "the other scan";
  return (
    <Card title={`Compared with ${escapeInvisible(name)}`} aside={data && sharedText(data)} testid="scan-comparison">
      {error && (
        <ProblemBanner
          title="The scans cannot be compared."
          problem={problemOf(error)}
          action={{ label: "Compare with none", run: () => compareWith(null) }}
        />
      )}
      {!data && !error && <Skeleton height={120} />}
      {data && !error && <Changes found={data} />}
    </Card>
  );
}

function sharedText({ common_shards, rose, fell }: ScanComparison): string {
  if (common_shards === 0) return "no shard in common: only totals and classes are compared";
  return `${counted(common_shards, "shard")} in common: loss rose in ${count(rose)}, fell in ${count(fell)}`;
}

function Changes({ found }: { found: ScanComparison }) {
  return (
    <div className={styles.parts}>
      <Part title="Loss over all" changes={found.losses} none="No loss in either scan." />
      <Part title="Shards whose loss rose most" changes={found.shards} none="It rose in no shard that both have." />
      <Part title="Classes whose loss rose most" changes={found.classes} none="It rose in no class that both have." />
      <Issues title="Wrong now, and was not" issues={found.new} all={found.new_count} />
      <Issues title="Was wrong, and is not now" issues={found.gone} all={found.gone_count} />
    </div>
  );
}

function Part({ title, changes, none }: { title: string; changes: readonly ScanChange[]; none: string }) {
  return (
    <section className={styles.part} aria-label={title}>
      <h3>{title}</h3>
      {changes.length === 0 ? (
        <p className="dim">{none}</p>
      ) : (
        <table>
          <tbody>
            {changes.map((change) => (
              <tr key={change.name.join(" ")} data-worse={Number(change.now) > Number(change.before) || undefined}>
                <th scope="row" title={escapeInvisible(change.name.join(" "))}>
                  <Name change={change} />
                </th>
                <td>
                  <Mean value={change.before} />
                </td>
                <td aria-hidden="true">→</td>
                <td>
                  <Mean value={change.now} />
                </td>
                <td className={styles.change}>
                  {change.before !== null &&
                    change.now !== null &&
                    changeText(Number(change.before), Number(change.now))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Mean({ value }: { value: ScanChange["now"] }) {
  return value === null ? <span className="dim">not computed</span> : <Num value={value} />;
}

function Name({ change: { name, rank } }: { change: ScanChange }) {
  const [first = "", ...rest] = name;
  if (rank === null) return <>{escapeInvisible(rest.at(-1) ?? first)}</>;
  return (
    <Anchor component="button" type="button" inherit onClick={() => selectShard(rank)}>
      {escapeInvisible(addressParts(first).name)} <span className="dim">{rest.join(" ")}</span>
    </Anchor>
  );
}

function Issues({ title, issues, all }: { title: string; issues: ScanComparison["new"]; all: number }) {
  return (
    <section className={styles.part} aria-label={title}>
      <h3>
        {title} <span className="dim">{count(all)}</span>
      </h3>
      {issues.length === 0 && <p className="dim">Nothing.</p>}
      <ul>
        {issues.map(({ shard, check, quantity, message, rank }) => (
          <li key={`${shard} ${check} ${quantity}`} title={escapeInvisible(message)}>
            {rank === null ? (
              escapeInvisible(addressParts(shard).name)
            ) : (
              <Anchor component="button" type="button" inherit onClick={() => selectShard(rank)}>
                {escapeInvisible(addressParts(shard).name)}
              </Anchor>
            )}{" "}
            <span className="mono dim">
              {check} {escapeInvisible(quantity)}
            </span>
          </li>
        ))}
      </ul>
      {all > issues.length && <p className="dim">and {count(all - issues.length)} more</p>}
    </section>
  );
}
