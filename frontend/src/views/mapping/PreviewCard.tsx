import { Badge } from "@mantine/core";
import { sizeOf } from "../../lib/batch_size";
import type { Problem } from "../../lib/problem";
import type { Mapping, MappingPreview } from "../../lib/types";
import { Card } from "../Card";
import styles from "./Mapping.module.css";
import { Notes } from "./Notes";
import { SampleTable } from "./SampleTable";

interface PreviewCardProps {
  mapping: Mapping;
  preview: MappingPreview | null;
  stale: boolean;
  problem: Problem | null;
}

/** The preview: sizes, the first steps before and after, the losses that run, every decision. */
export function PreviewCard({ preview, mapping, stale, problem }: PreviewCardProps) {
  const size = preview && sizeOf({ ...preview, mapped_from: { mapping } });
  return (
    <Card
      title="The batch"
      aside={size}
      label="The batch"
      testid="mapping-preview"
      stale={preview !== null && stale && problem !== null}
    >
      {preview ? (
        <div className={styles.preview}>
          <Losses preview={preview} />
          <SampleTable title="First steps in the file" sample={preview.before} testid="sample-before" />
          <SampleTable title="The same steps in the batch" sample={preview.after} testid="sample-after" led />
          <Notes notes={preview.notes} testid="mapping-notes" />
        </div>
      ) : (
        <p className="dim">{problem ? "No preview: the mapping does not fit the file." : "Reading…"}</p>
      )}
    </Card>
  );
}

function Losses({ preview }: { preview: MappingPreview }) {
  const running = preview.losses.filter(({ runs }) => runs);
  return (
    <p className={styles.losses} data-testid="mapping-losses">
      {running.length > 0
        ? "Losses that run:"
        : "No loss runs on it yet because the model’s outputs are missing. If the file has them, choose them under Model output. Without them, the page shows data and checks."}
      {running.map(({ name }) => (
        <Badge key={name} size="sm" variant="light" tt="none" className="mono">
          {name}
        </Badge>
      ))}
    </p>
  );
}
