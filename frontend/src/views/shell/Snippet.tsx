import { Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { CheckIcon, CopyIcon } from "../icons";
import styles from "./Welcome.module.css";

/** A code snippet with a copy button. */
export function Snippet({ title, code }: { title: string; code: string }) {
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <section className={styles.save}>
      <div className={styles.saveHeader}>
        <span>{title}</span>
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={clipboard.copied ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
          onClick={() => clipboard.copy(code)}
        >
          {clipboard.copied ? "Copied" : "Copy"}
        </Button>
      </div>
      <pre className={styles.code}>{code}</pre>
    </section>
  );
}
