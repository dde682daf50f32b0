import { Button, Tooltip } from "@mantine/core";
import { counted } from "../../lib/sizes";
import { useLink } from "../../state/page";
import { ResetIcon } from "../icons";
import styles from "./ConfigCard.module.css";

/** The number of changed fields of a loss, and a button to reset them. */
export function ResetAll({ loss, onReset }: { loss: string; onReset: () => void }) {
  const changed = useLink(({ configs }) => Object.keys(configs[loss] ?? {}).length);
  return (
    <Tooltip label="Reset every field of this loss to its default">
      <Button
        size="compact-xs"
        px={4}
        variant="subtle"
        className={styles.reset}
        disabled={changed === 0}
        onClick={onReset}
        leftSection={<ResetIcon size={14} />}
        aria-label={`Reset ${counted(changed, "field")}`}
        data-testid="reset-all"
      >
        {changed}
      </Button>
    </Tooltip>
  );
}
