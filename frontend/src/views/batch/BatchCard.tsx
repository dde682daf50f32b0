import { Button } from "@mantine/core";
import { memo } from "react";
import { nonFiniteCount } from "../../lib/health";
import { count, counted, fileSize } from "../../lib/sizes";
import type { BatchInfo, MappedFrom } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { ChevronIcon } from "../icons";
import { Notes } from "../mapping/Notes";
import { Term } from "../Term";
import styles from "./BatchCard.module.css";
import { FieldsTable, hasUnexpectedValues } from "./FieldsTable";

interface BatchCardProps {
  batch: BatchInfo;
  /** Without the fields, where they stand beside it. */
  brief: boolean;
  onRemap: (batch: BatchInfo) => void;
}

/** The batch card: name and size, and its fields when expanded or when one needs attention. */
export const BatchCard = memo(function BatchCard({ batch, brief, onRemap }: BatchCardProps) {
  return (
    <section className={styles.card} data-testid="batch-card" aria-label="Batch">
      <p className={styles.name} title={escapeInvisible(batch.name)} data-testid="batch-name">
        {escapeInvisible(batch.name)}
      </p>
      <dl className={styles.facts}>
        {batch.transitions ? (
          <Fact
            name="N"
            value={batch.B}
            doc="Transitions without order. Each has two rows: the state that it leaves, and the next one with what led to it."
            testid="batch-N"
          />
        ) : (
          <>
            <Fact name="B" value={batch.B} doc="Sequences in the batch: the rows of the maps." testid="batch-B" />
            <Fact
              name="S"
              value={batch.S}
              doc="Steps of each sequence. Losses on transitions pair step t with t + 1, so they have S - 1."
              testid="batch-S"
            />
          </>
        )}
        <span className="num dim">{fileSize(batch.size)}</span>
      </dl>
      {batch.mapped_from && <Mapped key={batch.id} from={batch.mapped_from} onRemap={() => onRemap(batch)} />}
      {!brief && <Fields batch={batch} />}
    </section>
  );
});

/** The source file of the batch, and every mapping decision. */
function Mapped({ from, onRemap }: { from: MappedFrom; onRemap: () => void }) {
  return (
    <details className={styles.details} data-testid="batch-mapped">
      <summary>
        <ChevronIcon size={14} />
        <span className={styles.mapped}>Mapped from {escapeInvisible(from.file)}</span>
      </summary>
      {from.import_id ? (
        <Button size="compact-xs" variant="default" onClick={onRemap} className={styles.remap} data-testid="remap">
          Change the mapping
        </Button>
      ) : (
        <p className={styles.gone}>Open {escapeInvisible(from.file)} again to change its mapping.</p>
      )}
      <Notes notes={from.notes} testid="batch-mapped-notes" />
    </details>
  );
}

function Fields({ batch }: { batch: BatchInfo }) {
  const ill = batch.fields.filter(hasUnexpectedValues);
  return (
    <details key={batch.id} className={styles.details} open={ill.length > 0}>
      <summary data-testid="batch-fields-toggle">
        <ChevronIcon size={14} />
        <span data-testid="batch-fields">{counted(batch.fields.length, "field")}</span>
        <Verdict batch={batch} ill={ill.length} />
      </summary>
      <FieldsTable fields={batch.fields} />
    </details>
  );
}

function Verdict({ batch, ill }: { batch: BatchInfo; ill: number }) {
  if (ill > 0) return <b className={styles.ill}>{ill} not finite</b>;
  const padded = batch.fields.some((field) => nonFiniteCount(field) > 0);
  return <span className={styles.well}>{padded ? "finite, q_star padded" : "all finite"}</span>;
}

function Fact({ name, value, doc, testid }: { name: string; value: number; doc: string; testid: string }) {
  return (
    <div className={styles.fact}>
      <dt>
        <Term name={name} doc={doc} />
      </dt>
      <dd className="num" data-testid={testid}>
        {count(value)}
      </dd>
    </div>
  );
}
