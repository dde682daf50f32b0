import { fieldViewOf } from "../../lib/field_view";
import type { BatchInfo } from "../../lib/types";
import { usePage } from "../../state/page";
import styles from "./Data.module.css";
import { FieldFigures } from "./FieldFigures";
import { FieldsCard } from "./FieldsCard";
import { StepPanel } from "./StepPanel";

/** The raw batch without any loss: its fields, a map of one field, and every field at one step. */
export function DataPage({ batch }: { batch: BatchInfo }) {
  const view = fieldViewOf(
    usePage(({ link }) => link),
    batch,
  );
  if (!view) return null;
  return (
    <div className={styles.columns}>
      <div className={styles.main}>
        <FieldsCard view={view} />
        <FieldFigures view={view} />
      </div>
      <StepPanel batch={batch} />
    </div>
  );
}
