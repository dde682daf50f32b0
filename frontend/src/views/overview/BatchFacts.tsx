import type { ReactNode } from "react";
import { isCut, rowNoun, sizeOf } from "../../lib/batch_size";
import { percent, readable } from "../../lib/numbers";
import { dtypesOf, invalidShare, notFinite } from "../../lib/overview";
import { problemOf } from "../../lib/problem";
import { count, counted } from "../../lib/sizes";
import type { BatchInfo, Episodes, BatchFacts as Facts, FileFacts } from "../../lib/types";
import { useFacts } from "../../state/use_overview";
import { Card } from "../Card";
import { Term } from "../Term";
import styles from "./Overview.module.css";

const SIZE_DOCS = {
  step: "Sequences B times steps S.",
  transition: "Transitions without order, each a state and its next one.",
  item: "Items without order, one in each row.",
} as const;

/** Facts about the batch, independent of the configuration. */
export function BatchFacts({ batch }: { batch: BatchInfo }) {
  const { data, error, isPlaceholderData } = useFacts(batch.id);
  const bad = notFinite(batch);
  const invalid = invalidShare(batch);
  return (
    <Card title="The batch" testid="batch-facts">
      <dl className={styles.facts} data-before={isPlaceholderData || undefined}>
        <Fact name="size" doc={SIZE_DOCS[rowNoun(batch)]}>
          {sizeOf(batch)}
        </Fact>
        <Fact name="types" doc="Types of all fields.">
          <span className="mono">{dtypesOf(batch).join(", ")}</span>
        </Fact>
        {data && !error && <Read facts={data} noun={rowNoun(batch)} cut={isCut(batch)} />}
        {error && <Fact name="facts">{problemOf(error).message}</Fact>}
        {!data && !error && <Fact name="facts">reading…</Fact>}
        <Fact name="invalid actions" doc="Entries of q_star that are -inf, which marks an invalid or padding action.">
          {invalid === null ? "no q_star" : `${percent(invalid)} of q_star`}
        </Fact>
        <Fact name="not finite" doc="Fields with unexpected NaN or infinity.">
          {bad.length === 0
            ? "nothing"
            : bad.map(({ name, text }) => (
                <span key={name} className={styles.badField}>
                  <span className="mono">{name}</span> {text}
                </span>
              ))}
        </Fact>
      </dl>
    </Card>
  );
}

interface ReadProps {
  facts: Facts;
  noun: ReturnType<typeof rowNoun>;
  cut: boolean;
}

function Read({ facts: { actions, dims, episodes, done, reward, file }, noun, cut }: ReadProps) {
  return (
    <>
      <Fact name="heads" doc="A, the number of actions of the model's heads, and D, the length of their vectors.">
        {actions.length > 0 ? `A = ${actions.join(" or ")}` : "none"}
        {dims.length > 0 && `, D = ${dims.join(" or ")}`}
      </Fact>
      {file && (
        <Fact name="file" doc="What is in the file that the batch was made of, and how much of it the batch holds.">
          <Lines lines={linesOfFile(file)} />
        </Fact>
      )}
      {noun === "step" && (
        <Fact
          name={cut ? "episodes in windows" : "episodes"}
          doc={
            cut
              ? "Runs of steps that end at a non-zero done or at the end of the window: an episode of the file may be several, or none."
              : "Runs of steps that end at a non-zero done or at the end of the sequence."
          }
        >
          {episodes ? (
            <Lines
              lines={[
                counted(episodes.count, "episode"),
                `${count(episodes.terminal)} terminal, ${count(episodes.truncated)} truncated`,
                `${count(episodes.unfinished)} still running at the end`,
                lengthsOf(episodes),
              ]}
            />
          ) : (
            "no done codes"
          )}
        </Fact>
      )}
      <Fact name="done" doc={`Number of ${noun}s per done code.`}>
        {done ? (
          <>
            <Lines
              lines={[
                `0 running: ${count(done.running)}`,
                `1 terminal: ${count(done.terminal)}`,
                `2 truncated: ${count(done.truncated)}`,
              ]}
            />
            {done.unknown > 0 && <b className={styles.badField}>other codes: {count(done.unknown)}</b>}
          </>
        ) : (
          "none"
        )}
      </Fact>
      <Fact name="reward" doc="Range of the finite rewards, and the share that is exactly 0.">
        {reward && reward.low != null && reward.high != null ? (
          <Lines
            lines={[
              `${readable(reward.low)} to ${readable(reward.high)}`,
              `${percent(reward.zero / reward.count)} exactly 0`,
            ]}
          />
        ) : (
          "none"
        )}
      </Fact>
    </>
  );
}

function linesOfFile({ episodes, steps, steps_in_batch, ends, ends_in_batch }: FileFacts): string[] {
  return [
    ...(episodes === null ? [] : [counted(episodes, "episode")]),
    `${counted(steps, "step")}, ${count(steps_in_batch)} in the batch`,
    `${counted(ends, "end")} of episodes, ${count(ends_in_batch)} in the batch`,
  ];
}

function lengthsOf({ shortest, median, longest }: Episodes): string {
  if (shortest === longest) return `${counted(shortest, "step")} each`;
  return `${count(shortest)} to ${counted(longest, "step")}, median ${readable(median)}`;
}

function Lines({ lines }: { lines: readonly string[] }) {
  return lines.map((line) => <span key={line}>{line}</span>);
}

function Fact({ name, doc = "", children }: { name: string; doc?: string; children: ReactNode }) {
  return (
    <>
      <dt>
        <Term name={name} doc={doc} />
      </dt>
      <dd data-testid={`fact-${name}`}>{children}</dd>
    </>
  );
}
