import { Dropzone } from "@mantine/dropzone";
import { UploadIcon } from "../icons";
import styles from "./DropAnywhere.module.css";
import { FormatsRead } from "./FormatsRead";
import { notifySingleUpload } from "./file_notes";

/** Accepts a file dropped anywhere on the page. The server validates its content. */
export function DropAnywhere({ onFile }: { onFile: (file: File) => void }) {
  return (
    <Dropzone.FullScreen
      onDrop={([file]) => file && onFile(file)}
      onReject={notifySingleUpload}
      multiple={false}
      className={styles.zone}
      inputProps={{ "aria-label": "Drop a batch file" }}
    >
      <div className={styles.invitation}>
        <UploadIcon size={44} />
        <strong>Drop the batch here</strong>
        <FormatsRead />
      </div>
    </Dropzone.FullScreen>
  );
}
