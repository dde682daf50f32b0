import { sizeOf } from "../../lib/batch_size";
import { nonFiniteText } from "../../lib/health";
import { sequencesText } from "../../lib/run_series";
import { count, fileSize } from "../../lib/sizes";
import type { BatchInfo, SnapshotOrigin } from "../../lib/types";

/** Description of the batch. */
export function BatchFacts({ batch, origin }: { batch: BatchInfo; origin: SnapshotOrigin | null }) {
  return (
    <>
      <h2>Batch</h2>
      <section className="card">
        <p>
          {sizeOf(batch)}, {fileSize(batch.size)}
        </p>
        {origin && (
          <p data-name="snapshot">
            Step {count(origin.step)} of run {origin.run}
            {origin.sequences && `, ${sequencesText(origin.sequences)}: every number here is of those`}
          </p>
        )}
        <p className="dim">
          sha256 <code>{batch.id}</code>
        </p>
        <table>
          <tbody>
            {batch.fields.map(({ group, name, dtype, shape, ...counts }) => (
              <tr key={`${group}.${name}`}>
                <th>
                  <code>
                    {group}.{name}
                  </code>
                </th>
                <td className="num">
                  {dtype} [{shape.join(", ")}]
                </td>
                <td className="num">{nonFiniteText(counts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
