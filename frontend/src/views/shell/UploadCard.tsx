import { CloseButton, Progress } from "@mantine/core";
import { fileSize } from "../../lib/sizes";
import { escapeInvisible } from "../../lib/visible";
import type { Upload } from "../../state/use_upload";
import { ProblemBanner } from "../ProblemBanner";
import styles from "./UploadCard.module.css";

interface UploadCardProps {
  upload: Upload;
  onClose: () => void;
}

/** The progress of an upload with a cancel button, or why it was refused. */
export function UploadCard({ upload, onClose }: UploadCardProps) {
  if (upload.problem) {
    return (
      <ProblemBanner
        title={`${escapeInvisible(upload.name)} was not accepted.`}
        problem={upload.problem}
        action={{ label: "Dismiss", run: onClose }}
      />
    );
  }
  const share = upload.size > 0 ? (upload.sent / upload.size) * 100 : 100;
  const isSent = share >= 100;
  return (
    <section className={styles.card} data-testid="upload-progress" aria-label="Upload">
      <div className={styles.text}>
        <strong className={styles.name}>{escapeInvisible(upload.name)}</strong>
        <span className="num dim">{progressText(upload, isSent)}</span>
      </div>
      <Progress value={share} animated={isSent} size="sm" className={styles.bar} aria-label="Share sent" />
      <CloseButton onClick={onClose} aria-label="Cancel the upload" data-testid="upload-cancel" />
    </section>
  );
}

function progressText({ queued, sent, size }: Upload, isSent: boolean): string {
  if (queued) return "Waiting: the server is reading other files…";
  return isSent ? "Reading the file…" : `${fileSize(sent)} of ${fileSize(size)}`;
}
