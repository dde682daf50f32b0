import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { problemOf } from "../../lib/problem";
import { addressParts, quantityName } from "../../lib/scan";
import { count, counted } from "../../lib/sizes";
import type { ScanInfo, ShardInfo } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { shardQuery } from "../../state/scan_queries";
import { Card } from "../Card";
import { Num } from "../Num";
import { ProblemBanner } from "../ProblemBanner";
import { Term } from "../Term";
import { IssueList } from "./IssueList";
import styles from "./Scan.module.css";

/** One shard: all its issues, and its distances from the others. */
export function ShardPanel({ scan, rank }: { scan: ScanInfo; rank: number | null }) {
  if (rank === null) {
    return (
      <Card title="Shard" testid="shard-panel">
        <p className={styles.note}>Nothing stands out. Click a shard to see its numbers beside those of all.</p>
      </Card>
    );
  }
  return <Chosen scan={scan} rank={rank} />;
}

function Chosen({ scan, rank }: { scan: ScanInfo; rank: number }) {
  const { data: shard, error, isPlaceholderData } = useQuery(shardQuery(scan.id, rank));
  const { folder, name } = addressParts(shard?.shard ?? "");
  return (
    <Card
      title={shard ? escapeInvisible(name) : "Shard"}
      aside={shard && sizeOf(shard)}
      label="Shard"
      testid="shard-panel"
    >
      {error && <ProblemBanner title="No shard." problem={problemOf(error)} />}
      {!shard && !error && <Skeleton height={180} />}
      {shard && !error && (
        <div className={styles.panel} data-before={isPlaceholderData || undefined}>
          <p className={styles.folder} title={escapeInvisible(shard.shard)}>
            {escapeInvisible(folder || "./")}
          </p>
          {shard.issues.length > 0 ? (
            <IssueList issues={shard.issues} />
          ) : (
            <p className={styles.note}>Nothing is wrong with it that is not wrong with most shards.</p>
          )}
          {shard.common.length > 0 && (
            <details className={styles.more}>
              <summary>in most shards: {counted(shard.common.length, "finding")}</summary>
              <IssueList issues={shard.common} />
            </details>
          )}
          {shard.deviations.length > 0 && <Deviations shard={shard} />}
          {shard.notes.length > 0 && (
            <details className={styles.more}>
              <summary>how it was read: {counted(shard.notes.length, "note")}</summary>
              <ul className={styles.notes}>
                {shard.notes.map((note) => (
                  <li key={note}>{escapeInvisible(note)}</li>
                ))}
              </ul>
            </details>
          )}
        </div>
      )}
    </Card>
  );
}

function sizeOf({ read, sequences, steps }: ShardInfo): string {
  return read ? `${counted(sequences, "sequence")}, ${count(steps)} steps` : "not read";
}

function Deviations({ shard }: { shard: ShardInfo }) {
  return (
    <table className={styles.deviations} aria-label="Distances from all other shards">
      <thead>
        <tr>
          <th scope="col">quantity</th>
          <th scope="col">
            <Term
              name="distance"
              doc="From all other shards together, 0 alike to 1. Of numbers: the greatest difference of the distribution functions (Kolmogorov-Smirnov). Of codes: Cramér's V."
            />
          </th>
          <th scope="col">mean</th>
          <th scope="col">of all</th>
        </tr>
      </thead>
      <tbody>
        {shard.deviations.map(({ quantity, distance, large, mean, mean_of_all }) => (
          <tr key={quantity} data-large={large || undefined}>
            <th scope="row">{escapeInvisible(quantityName(quantity))}</th>
            <td className="num">{distance === null ? "–" : Number(distance).toFixed(3)}</td>
            <td>{mean === null ? "" : <Num value={mean} />}</td>
            <td>{mean_of_all === null ? "" : <Num value={mean_of_all} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
