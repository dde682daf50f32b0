import { Button } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import { useClipboard } from "@mantine/hooks";
import { CheckIcon, CopyIcon, UploadIcon } from "../icons";
import { FormatsRead } from "./FormatsRead";
import { sayOneAtATime } from "./file_notes";
import { OpenDemo } from "./OpenDemo";
import styles from "./Welcome.module.css";

const SAVE = `from mouse.batch import save_batch

# step_stream: TensorDict [B, S] with action, reward, done
# out: what the model returned for it, e.g. dqn and dqn_target
save_batch("batch.safetensors", step_stream, out)`;

/** The first visit: what a batch is, and how to get one. */
export function Welcome({ onFile }: { onFile: (file: File) => void }) {
  return (
    <div className={styles.welcome} data-testid="welcome">
      <h2 className={styles.title}>See why a loss is what it is</h2>
      <p className={styles.lead}>
        Bring one training batch: <b>B</b> sequences of <b>S</b> steps with the model’s outputs beside them. Its losses
        are computed by the very functions your training calls.
      </p>
      <Dropzone
        onDrop={([file]) => file && onFile(file)}
        onReject={sayOneAtATime}
        multiple={false}
        className={styles.zone}
        inputProps={{ "aria-label": "Choose a batch file" }}
      >
        <div className={styles.invitation}>
          <UploadIcon size={32} />
          <strong>Drop a file anywhere, or press to choose one</strong>
          <FormatsRead />
        </div>
      </Dropzone>
      <OpenDemo />
      <Save />
    </div>
  );
}

function Save() {
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <section className={styles.save}>
      <div className={styles.saveHeader}>
        <span>Save one from your training loop</span>
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={clipboard.copied ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
          onClick={() => clipboard.copy(SAVE)}
        >
          {clipboard.copied ? "Copied" : "Copy"}
        </Button>
      </div>
      <pre className={styles.code}>{SAVE}</pre>
    </section>
  );
}
