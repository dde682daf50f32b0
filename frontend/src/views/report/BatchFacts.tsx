import { badText } from "../../lib/health";
import { fileSize } from "../../lib/sizes";
import type { BatchInfo } from "../../lib/types";

/** What the batch is. */
export function BatchFacts({ batch }: { batch: BatchInfo }) {
  return (
    <>
      <h2>Batch</h2>
      <section className="card">
        <p>
          {batch.B} sequences of {batch.S} steps, {fileSize(batch.size)}
        </p>
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
                <td className="num">{badText(counts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
