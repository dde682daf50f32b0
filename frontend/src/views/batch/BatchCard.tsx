import { fileSize } from "../../lib/sizes";
import type { BatchInfo } from "../../lib/types";
import { Card } from "../Card";
import { Term } from "../Term";
import styles from "./BatchCard.module.css";
import { FieldsTable } from "./FieldsTable";

/** What was understood of the file. */
export function BatchCard({ batch }: { batch: BatchInfo }) {
  return (
    <Card title="Batch" aside={<span className={styles.size}>{fileSize(batch.size)}</span>} testid="batch-card">
      <p className={styles.name} title={batch.name} data-testid="batch-name">
        {batch.name}
      </p>
      <dl className={styles.facts}>
        <Fact name="B" value={batch.B} doc="Sequences in the batch: the rows of the maps." testid="batch-B" />
        <Fact
          name="S"
          value={batch.S}
          doc="Steps of each sequence. Losses of transitions pair step t with t + 1, so they have S - 1."
          testid="batch-S"
        />
        <Fact name="fields" value={batch.fields.length} doc="Tensors in the file." testid="batch-fields" />
      </dl>
      <FieldsTable fields={batch.fields} />
    </Card>
  );
}

function Fact({ name, value, doc, testid }: { name: string; value: number; doc: string; testid: string }) {
  return (
    <div className={styles.fact}>
      <dt>
        <Term name={name} doc={doc} />
      </dt>
      <dd className="num" data-testid={testid}>
        {value}
      </dd>
    </div>
  );
}
