import { Skeleton } from "@mantine/core";
import { problemOf } from "../../lib/problem";
import type { BatchInfo, Episodes } from "../../lib/types";
import { useBatchData } from "../../state/use_data";
import { Card } from "../Card";
import { Num } from "../Num";
import { ProblemBanner } from "../ProblemBanner";
import { Term } from "../Term";
import styles from "./Data.module.css";

/** How many episodes the batch holds, how long they are and how they end. */
export function EpisodesCard({ batch }: { batch: BatchInfo }) {
  const { data, error, isPlaceholderData } = useBatchData(batch.id);
  return (
    <Card title="Episodes" testid="episodes" aside="lengths in steps">
      {error && <ProblemBanner title="No episodes." problem={problemOf(error)} />}
      {!data && !error && <Skeleton height={52} />}
      {data && !error && (
        <div data-before={isPlaceholderData || undefined}>
          {data.episodes ? <Facts episodes={data.episodes} /> : <Missing transitions={batch.transitions} />}
        </div>
      )}
    </Card>
  );
}

function Missing({ transitions }: { transitions: boolean }) {
  if (transitions) return <p className={styles.note}>These are transitions without order: no episode can be seen.</p>;
  return (
    <p className={styles.note}>
      This batch has no integer <b className="mono">done</b> of shape [B, S], so episode ends are unknown.
    </p>
  );
}

const FACTS: readonly [keyof Episodes, string][] = [
  ["count", "Runs of steps that end at a non-zero done or at the end of the sequence."],
  ["terminal", "Ended in a terminal state: done = 1."],
  ["truncated", "Cut off by a time limit: done = 2."],
  ["unfinished", "Still running at the last step of their sequence."],
  ["unknown", "Ended with a done code other than 0, 1 or 2. No loss accepts such codes."],
  ["shortest", "Length of the shortest episode. The first episode of a sequence may have started earlier."],
  ["median", "Median length."],
  ["longest", "Length of the longest episode."],
];

function Facts({ episodes }: { episodes: Episodes }) {
  return (
    <dl className={styles.facts}>
      {FACTS.filter(([name]) => name !== "unknown" || episodes.unknown > 0).map(([name, doc]) => (
        <div key={name}>
          <dt>
            <Term name={name} doc={doc} />
          </dt>
          <dd>
            <Num value={episodes[name]} testid={`episodes-${name}`} className={styles.fact} counts />
          </dd>
        </div>
      ))}
    </dl>
  );
}
