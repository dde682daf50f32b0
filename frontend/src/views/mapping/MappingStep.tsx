import { Button } from "@mantine/core";
import { partOf } from "../../lib/mapping";
import { besideField } from "../../lib/problem";
import type { Import } from "../../lib/types";
import { useMapping, useMappingForm } from "../../state/use_mapping";
import { Card } from "../Card";
import { ProblemBanner } from "../ProblemBanner";
import { AlignmentField } from "./AlignmentField";
import { FoundCard } from "./FoundCard";
import { LayoutFields } from "./LayoutFields";
import styles from "./Mapping.module.css";
import { OtherFields } from "./OtherFields";
import { PreviewCard } from "./PreviewCard";
import { SourceFields } from "./SourceFields";

interface MappingStepProps {
  waiting: Import;
  onClose: () => void;
}

/** A file of another library on its way to a batch: what is in it, which field is which, and what comes out. */
export function MappingStep({ waiting, onClose }: MappingStepProps) {
  const form = useMappingForm();
  const { mapping, set, preview, stale, problem, opening, open, cancel } = useMapping(waiting, onClose);
  const part = partOf(problem?.field ?? null);
  const messages = new Map(waiting.questions.map(({ part: asked, text }) => [asked, { text, wrong: false }]));
  if (problem) messages.set(part, { text: besideField(problem), wrong: true });
  const shared = { mapping, set, messages, fields: waiting.fields };
  return (
    <div className={styles.step} data-testid="mapping-step">
      <header className={styles.header}>
        <div className={styles.heading}>
          <h2 className={styles.title}>Which field is which?</h2>
          <p className={styles.lead}>
            <b className={styles.file}>{waiting.name}</b> is no batch as it is.{" "}
            {waiting.remembered
              ? "The mapping of the last file with these fields is filled in."
              : waiting.questions.length > 0
                ? "What its names tell is filled in; confirm what they cannot."
                : "Its names tell all that is needed."}
          </p>
        </div>
        <Button variant="default" onClick={cancel} data-testid="mapping-cancel">
          Cancel
        </Button>
        <Button onClick={open} loading={opening} disabled={problem !== null} data-testid="mapping-open">
          Open batch
        </Button>
      </header>
      {problem && !part.startsWith("fields") && !(part in mapping) && (
        <ProblemBanner title="The file cannot be mapped." problem={problem} />
      )}
      <div className={styles.columns}>
        <FoundCard waiting={waiting} />
        <Card title="Mapping" label="Mapping">
          <div className={styles.form}>
            <AlignmentField {...shared} />
            <LayoutFields {...shared} />
            {form.data && <SourceFields {...shared} targets={form.data.targets} />}
            <OtherFields {...shared} />
          </div>
        </Card>
        <PreviewCard preview={preview} stale={stale} problem={problem} />
      </div>
    </div>
  );
}
