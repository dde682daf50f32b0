import { countOf } from "../../lib/findings";
import { counted } from "../../lib/sizes";
import type { Diagnosis } from "../../state/use_doctor";
import { AlertIcon, StopIcon } from "../icons";
import styles from "./LossTabs.module.css";

/** How many errors and warnings the doctor found, whatever tab is open. */
export function FindingsBadge({ diagnosis: { report, before } }: { diagnosis: Diagnosis }) {
  if (!report) return null;
  const [errors, warnings] = [countOf(report, "error"), countOf(report, "warning")];
  if (errors + warnings === 0) return null;
  return (
    <span className={styles.badges} data-before={before || undefined} data-testid="findings-badge">
      {errors > 0 && (
        <span className={styles.errors} title={counted(errors, "error")}>
          <StopIcon size={11} /> {errors}
          <span className="hidden-text"> {errors === 1 ? "error" : "errors"}</span>
        </span>
      )}
      {warnings > 0 && (
        <span className={styles.warnings} title={counted(warnings, "warning")}>
          <AlertIcon size={11} /> {warnings}
          <span className="hidden-text"> {warnings === 1 ? "warning" : "warnings"}</span>
        </span>
      )}
    </span>
  );
}
