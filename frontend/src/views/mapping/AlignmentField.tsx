import { Radio } from "@mantine/core";
import type { Mapping } from "../../lib/types";
import styles from "./Mapping.module.css";
import { type PartProps, Said } from "./Part";

const CHOICES: readonly {
  value: Mapping["alignment"];
  title: string;
  doc: string;
  rows: readonly (readonly [state: string, action: string, reward: string, own: boolean])[];
}[] = [
  {
    value: "leaves",
    title: "With the state they leave",
    doc: "As in a loop around env.step, Minari, D4RL and TorchRL. They are shifted by one step.",
    rows: [
      ["t", "t", "t", true],
      ["t+1", "t+1", "t+1", false],
    ],
  },
  {
    value: "arrives",
    title: "With the state they led to",
    doc: "As mouse stores them. Nothing is shifted.",
    rows: [
      ["t", "t−1", "t−1", false],
      ["t+1", "t", "t", true],
    ],
  },
];

/** With which state a transition stands: the one question that names cannot answer, hence two pictures. */
export function AlignmentField({ mapping, set, messages }: PartProps) {
  return (
    <div>
      <Radio.Group
        value={mapping.alignment}
        onChange={(value) => set({ ...mapping, alignment: value === "leaves" ? "leaves" : "arrives" })}
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
      <Said name="alignment" message={messages.get("alignment")} />
    </div>
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
