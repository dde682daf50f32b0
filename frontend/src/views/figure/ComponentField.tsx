import { NumberInput } from "@mantine/core";
import { selectComponent } from "../../state/actions/map";
import styles from "./Figures.module.css";

interface ComponentFieldProps {
  dim: string;
  value: number;
  count: number;
}

/** Selects the index of a term's third dimension that the figures show. */
export function ComponentField({ dim, value, count }: ComponentFieldProps) {
  return (
    <div className={styles.component}>
      <span>{dim}</span>
      <NumberInput
        size="xs"
        min={0}
        max={Math.max(count - 1, 0)}
        allowDecimal={false}
        allowNegative={false}
        clampBehavior="strict"
        value={value}
        onChange={(next) => typeof next === "number" && selectComponent(next)}
        aria-label={`Index of ${dim}`}
        data-testid="term-component"
      />
      <span className="num">of {count}</span>
    </div>
  );
}
