import { Button } from "@mantine/core";
import { partOf } from "../../lib/mapping";
import { fieldMessage } from "../../lib/problem";
import { escapeInvisible } from "../../lib/visible";
import { useAlignmentPreviews, useMapping, useMappingForm } from "../../state/use_mapping";
import type { Waiting } from "../../state/use_upload";
import { Card } from "../Card";
import { ProblemBanner } from "../ProblemBanner";
import { AlignmentField } from "./AlignmentField";
import { FoundCard } from "./FoundCard";
import { isOrdered, LayoutFields } from "./LayoutFields";
import styles from "./Mapping.module.css";
import { OtherFields } from "./OtherFields";
import { PreviewCard } from "./PreviewCard";
import { SourceFields } from "./SourceFields";

interface MappingStepProps {
  waiting: Waiting;
  onClose: () => void;
}

/** The mapping step for a file of another library: its fields, the mapping, and the preview. */
export function MappingStep({ waiting, onClose }: MappingStepProps) {
  const form = useMappingForm();
  const { mapping, set, preview, stale, problem, opening, open, cancel } = useMapping(waiting, onClose);
  const { file } = waiting;
  const part = partOf(problem?.field ?? null);
  const messages = new Map(file.questions.map(({ part: asked, text }) => [asked, { text, wrong: false }]));
  if (problem) messages.set(part, { text: fieldMessage(problem), wrong: true });
  const answers = useAlignmentPreviews(waiting, mapping, messages.has("alignment"));
  const shared = { mapping, set, messages, fields: file.fields };
  return (
    <div className={styles.step} data-testid="mapping-step">
      <header className={styles.header}>
        <div className={styles.heading}>
          <h2 className={styles.title}>Which field is which?</h2>
          <p className={styles.lead}>
            <b className={styles.file}>{escapeInvisible(file.name)}</b> {leadOf(waiting)}
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
        <FoundCard file={file} mapping={mapping} />
        <Card title="Mapping" label="Mapping">
          <div className={styles.form}>
            {isOrdered(mapping) && <AlignmentField {...shared} answers={answers} />}
            <LayoutFields {...shared} />
            {form.data && <SourceFields {...shared} targets={form.data.targets} />}
            <OtherFields {...shared} />
          </div>
        </Card>
        <PreviewCard mapping={mapping} preview={preview} stale={stale} problem={problem} />
      </div>
    </div>
  );
}

function leadOf({ file, again }: Waiting): string {
  if (again) return "has the mapping of the batch on screen. Change what is wrong to make another batch of it.";
  if (file.remembered) return "needs a mapping. The mapping of the last file with the same fields is filled in.";
  if (file.questions.length === 0) return "needs a mapping. Everything is filled in from its names and values.";
  return "needs a mapping. What its names and values prove is filled in; please confirm the rest.";
}
