import { canBeLoss, type FieldView, fieldKey, raveled } from "../../lib/field_view";
import { problemOf } from "../../lib/problem";
import { count, counted } from "../../lib/sizes";
import type { BatchData, FieldInfo } from "../../lib/types";
import { selectField, showEntry } from "../../state/actions/map";
import { useNameLossField } from "../../state/queries";
import { useBatchData } from "../../state/use_data";
import { hasUnexpectedValues } from "../batch/FieldsTable";
import { Card } from "../Card";
import { ProblemBanner } from "../ProblemBanner";
import { Term } from "../Term";
import styles from "./Data.module.css";

const KINDS = [
  { kind: "nan", title: "NaN" },
  { kind: "pos_inf", title: "+inf" },
  { kind: "neg_inf", title: "-inf" },
] as const;

/** Every field with its non-finite counts: the name opens its map, a count goes to the first such entry. */
export function FieldsCard({ view: { batch, field: current } }: { view: FieldView }) {
  const { data, isPlaceholderData } = useBatchData(batch.id);
  const naming = useNameLossField(batch);
  return (
    <Card title={counted(batch.fields.length, "field")} aside="click a name for its map, a count for its first entry">
      {naming.error && <ProblemBanner title="The loss was not named." problem={problemOf(naming.error)} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={styles.scroll} tabIndex={0} aria-label="Fields">
        <table className={styles.fields}>
          <thead>
            <tr>
              <th scope="col">field</th>
              <th scope="col">type</th>
              <th scope="col">shape</th>
              <th scope="col">
                <Term
                  name="loss"
                  doc="A field that your training recorded as the loss of each step. Its mean becomes a loss of this page, and the other fields become its terms. No code is needed."
                />
              </th>
              {KINDS.map(({ kind, title }) => (
                <th key={kind} scope="col" className={styles.count}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {batch.fields.map((field) => (
              <FieldRow
                key={fieldKey(field)}
                field={field}
                current={field === current}
                data={isPlaceholderData ? undefined : data}
                naming={naming}
                loss={batch.loss_field}
              />
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}

interface FieldRowProps {
  field: FieldInfo;
  current: boolean;
  data: BatchData | undefined;
  naming: ReturnType<typeof useNameLossField>;
  /** The field that is named as the loss. */
  loss: string | null;
}

function FieldRow({ field, current, data, naming, loss }: FieldRowProps) {
  const key = fieldKey(field);
  return (
    <tr data-current={current || undefined} data-testid={`data-field-${key}`}>
      <th scope="row">
        <button
          type="button"
          className={styles.name}
          aria-pressed={current}
          title={field.name}
          onClick={() => selectField(key)}
        >
          <span className="dim">{field.group}.</span>
          {field.name}
        </button>
      </th>
      <td className="num">{field.dtype}</td>
      <td className="num dim">[{field.shape.join(", ")}]</td>
      <td>{canBeLoss(field) && <LossMark name={field.name} named={loss === field.name} naming={naming} />}</td>
      {KINDS.map(({ kind }) => (
        <td key={kind} className={styles.count}>
          <BadCount field={field} kind={kind} data={data} />
        </td>
      ))}
    </tr>
  );
}

interface LossMarkProps {
  name: string;
  named: boolean;
  naming: ReturnType<typeof useNameLossField>;
}

/** Sets or unsets the field as the loss. */
function LossMark({ name, named, naming }: LossMarkProps) {
  return (
    <button
      type="button"
      className={styles.mark}
      aria-pressed={named}
      disabled={naming.isPending}
      onClick={() => naming.mutate(named ? null : name)}
      data-testid={`loss-mark-${name}`}
    >
      {named ? "loss" : "use as loss"}
    </button>
  );
}

interface BadCountProps {
  field: FieldInfo;
  kind: (typeof KINDS)[number]["kind"];
  data: BatchData | undefined;
}

function BadCount({ field, kind, data }: BadCountProps) {
  const first = data?.first_bad.find(
    (bad) => bad.group === field.group && bad.name === field.name && bad.kind === kind,
  );
  if (field[kind] === 0) return <span className="num dim">0</span>;
  const [row = 0, step = 0, ...index] = first?.place ?? [];
  const jump = () => showEntry(fieldKey(field), raveled(index, field.shape.slice(2)), [row, step]);
  return (
    <button
      type="button"
      className={styles.bad}
      data-expected={!hasUnexpectedValues(field) || undefined}
      disabled={!first}
      onClick={jump}
      title={first && `Go to the first entry: sequence ${row}, step ${step}${index.map((at) => `, ${at}`).join("")}`}
      data-testid={`data-${kind}-${fieldKey(field)}`}
    >
      {count(field[kind])}
    </button>
  );
}
