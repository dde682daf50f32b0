import { Dropzone } from "@mantine/dropzone";
import { UploadIcon } from "../icons";
import { FormatsRead } from "./FormatsRead";
import { notifySingleUpload } from "./file_notes";
import { OpenDemo } from "./OpenDemo";
import { Snippet } from "./Snippet";
import styles from "./Welcome.module.css";

const SAVE = `from mouse.batch import save_batch

# step_stream: TensorDict [B, S] with action, reward, done
# out: what the model returned for it, e.g. dqn and dqn_target
save_batch("batch.safetensors", step_stream, out)`;

const PUSH = `import mouse

client = mouse.Client("${new URL(".", window.location.href).href}", run="cartpole")
# in the loop, e.g. every 100 steps; it returns at once:
client.push(step_stream, out, step=step, configs={"dqn": cfg}, metrics=metrics)`;

/** The welcome card: what a batch is, and how to get one. */
export function Welcome({ onFile }: { onFile: (file: File) => void }) {
  return (
    <div className={styles.welcome} data-testid="welcome">
      <h2 className={styles.title}>See why a loss is what it is</h2>
      <p className={styles.lead}>
        Open one training batch: <b>B</b> sequences of <b>S</b> steps with the model’s outputs. Its losses are computed
        by the same functions that your training calls.
      </p>
      <Dropzone
        onDrop={([file]) => file && onFile(file)}
        onReject={notifySingleUpload}
        multiple={false}
        className={styles.zone}
        inputProps={{ "aria-label": "Choose a batch file" }}
      >
        <div className={styles.invitation}>
          <UploadIcon size={32} />
          <strong>Drop a file anywhere or click to choose one</strong>
          <FormatsRead />
        </div>
      </Dropzone>
      <OpenDemo />
      <Snippet title="Save a batch from your training loop" code={SAVE} />
      <Snippet title="Or watch a run: push a batch every few steps" code={PUSH} />
    </div>
  );
}
