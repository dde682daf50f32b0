import { useEffect } from "react";
import { fieldKey, wholeBatch } from "../../lib/field_view";
import { areaAt } from "../../lib/places";
import { problemOf } from "../../lib/problem";
import { clipped } from "../../lib/ranges";
import { sameArea } from "../../lib/selection";
import { count } from "../../lib/sizes";
import type { BatchInfo, FieldEntry } from "../../lib/types";
import { narrowSelection } from "../../state/actions/selection";
import { useLink } from "../../state/page";
import { useStep } from "../../state/use_data";
import { Card } from "../Card";
import { ProblemBanner } from "../ProblemBanner";
import { ListValue, ScalarValue } from "../transition/TermValues";
import panel from "../transition/TransitionPanel.module.css";
import styles from "./Data.module.css";
import { Images } from "./Images";

/** The images at both steps of a transition. */
const STATES = ["the state", "the next state"];

/** Every field of the batch at the selected step. */
export function StepPanel({ batch }: { batch: BatchInfo }) {
  const place = usePlace(batch);
  const { data, error, isFetching } = useStep(batch.id, place);
  const shown = place && !error ? (data ?? null) : null;
  const title = shown ? (
    <span data-testid="step-place" data-row={shown.row} data-step={shown.step}>
      {batch.transitions ? "transition" : "sequence"} <b className="num">{shown.row}</b>,{" "}
      {batch.transitions ? (
        STATES[shown.step]
      ) : (
        <>
          step <b className="num">{shown.step}</b>
        </>
      )}
    </span>
  ) : (
    "Step"
  );
  return (
    <div className={panel.panel} aria-busy={isFetching} data-testid="step-panel">
      <Card title={title}>
        {error && <ProblemBanner title="No step." problem={problemOf(error)} />}
        {!place && <p className={panel.invitation}>Click a cell of the map to see every field of its step.</p>}
        {shown && (
          <ol className={panel.terms}>
            {shown.fields.map((entry) => (
              <Entry key={fieldKey(entry)} entry={entry} batch={batch} row={shown.row} step={shown.step} />
            ))}
          </ol>
        )}
      </Card>
    </div>
  );
}

/** The selected step; for a selected cell its first step, which becomes the selection in every tab. */
function usePlace(batch: BatchInfo): readonly [number, number] | null {
  const selected = useLink(({ selected }) => selected);
  const area = clipped(selected, wholeBatch(batch));
  const place = area ? ([area.rows[0], area.steps[0]] as const) : null;
  useEffect(() => {
    if (place && !sameArea(areaAt(place), selected)) narrowSelection(areaAt(place));
  }, [place, selected]);
  return place;
}

interface EntryProps {
  entry: FieldEntry;
  batch: BatchInfo;
  row: number;
  step: number;
}

function Entry({ entry, batch, row, step }: EntryProps) {
  const { group, name, dtype, shape, values, picture } = entry;
  const [only] = values;
  const total = shape.reduce((product, size) => product * size, 1);
  return (
    <li className={panel.term} data-testid={`entry-${fieldKey(entry)}`}>
      <div className={panel.line}>
        <span className={`${styles.entry} mono`}>
          <span className="dim">{group}.</span>
          {name}
        </span>
        {shape.length === 0 && only !== undefined && <ScalarValue value={only} className={panel.value} />}
      </div>
      {shape.length > 0 && (
        <span className={panel.formula}>
          {dtype} [{shape.join(", ")}]
          {!picture && values.length < total && `, first ${count(values.length)} of ${count(total)}`}
        </span>
      )}
      {shape.length > 0 && values.length > 0 && <ListValue values={values} padded={name === "q_star"} />}
      {picture && <Images batch={batch} entry={entry} picture={picture} row={row} step={step} />}
    </li>
  );
}
