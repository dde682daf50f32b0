import { Radio } from "@mantine/core";
import type { Mapping, MappingPreview } from "../../lib/types";
import styles from "./Mapping.module.css";
import { PartMessage, type PartProps } from "./Part";
import { SampleTable } from "./SampleTable";

const CHOICES: readonly {
  value: "state" | "next_state";
  title: string;
  short: string;
  doc: string;
  rows: readonly (readonly [state: string, action: string, reward: string, own: boolean])[];
}[] = [
  {
    value: "state",
    title: "With the state they leave",
    short: "with the state they leave",
    doc: "As in a loop around env.step, Minari, D4RL and TorchRL. They are shifted by one step.",
    rows: [
      ["t", "t", "t", true],
      ["t+1", "t+1", "t+1", false],
    ],
  },
  {
    value: "next_state",
    title: "With the state they led to",
    short: "with the state they led to",
    doc: "As mouse stores them. Nothing is shifted.",
    rows: [
      ["t", "t−1", "t−1", false],
      ["t+1", "t", "t", true],
    ],
  },
];

interface AlignmentFieldProps extends PartProps {
  /** What each answer makes of the file, where it is asked. */
  answers: Readonly<Record<"state" | "next_state", MappingPreview | null>>;
}

/** Selects the alignment of transitions: names cannot answer this question, hence two pictures. */
export function AlignmentField({ mapping, set, messages, answers }: AlignmentFieldProps) {
  return (
    <div>
      <Radio.Group
        value={mapping.alignment}
        onChange={(value) => set({ ...mapping, alignment: value === "state" ? "state" : "next_state", alignments: {} })}
        label="Action, reward and done of a step are stored"
        classNames={{ label: styles.legend }}
      >
        <div className={styles.choices}>
          {CHOICES.map(({ value, title, doc, rows }) => (
            <Radio.Card key={value} value={value} className={styles.choice} data-testid={`alignment-${value}`}>
              <span className={styles.choiceTitle}>
                <Radio.Indicator size="xs" />
                {title}
              </span>
              <span className={styles.picture} aria-hidden="true">
                {rows.map(([state, action, reward, own], place) => (
                  <span key={state} className={styles.pictureRow}>
                    <span className="dim">{place === 0 ? "row t" : "row t+1"}</span>
                    <Cell letter="s" index={state} />
                    <Cell letter="a" index={action} own={own} />
                    <Cell letter="r" index={reward} own={own} />
                  </span>
                ))}
              </span>
              <span className={styles.choiceDoc}>{doc}</span>
            </Radio.Card>
          ))}
        </div>
      </Radio.Group>
      <PartMessage name="alignment" message={messages.get("alignment")} />
      <AlignmentExceptions mapping={mapping} />
      {messages.has("alignment") && (
        <div className={styles.answers}>
          {CHOICES.map(({ value, short }) => {
            const answer = answers[value];
            return (
              answer && (
                <SampleTable
                  key={value}
                  title={`First steps in the batch, if ${short}`}
                  sample={answer.after}
                  testid={`answer-${value}`}
                />
              )
            );
          })}
        </div>
      )}
    </div>
  );
}

/** Fields with a different alignment. */
function AlignmentExceptions({ mapping }: { mapping: Mapping }) {
  const exceptions = Object.entries(mapping.alignments ?? {}).filter(
    ([, alignment]) => alignment !== mapping.alignment,
  );
  const other = CHOICES.find(({ value }) => value !== mapping.alignment);
  if (exceptions.length === 0 || !other) return null;
  return (
    <p className={styles.choiceDoc} data-testid="alignments">
      Except {exceptions.map(([name]) => name).join(", ")}: stored {other.short}.
    </p>
  );
}

function Cell({ letter, index, own = false }: { letter: string; index: string; own?: boolean }) {
  return (
    <span className={own ? `${styles.cell} ${styles.own}` : styles.cell}>
      {letter}
      <sub>{index}</sub>
    </span>
  );
}
