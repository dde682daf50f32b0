import { Button, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { problemOf } from "../../lib/problem";
import { scriptOf } from "../../state/exports";
import { screenSnapshot } from "../../state/screen_snapshot";
import { CheckIcon, CodeIcon } from "../icons";

/** Copies a script that computes the shown losses with the library, from the batch file or the file it was mapped from. */
export function CopyPython() {
  const clipboard = useClipboard({ timeout: 1500 });
  const copy = async () => {
    const screen = screenSnapshot();
    if (!screen) return nothing("No loss is on screen.");
    try {
      clipboard.copy(await scriptOf(screen));
    } catch (thrown) {
      nothing(problemOf(thrown).message);
    }
  };
  return (
    <Tooltip label="Copies a Python script that loads this batch and computes these losses bit for bit.">
      <Button
        variant="default"
        size="xs"
        leftSection={clipboard.copied ? <CheckIcon /> : <CodeIcon />}
        onClick={copy}
        data-testid="copy-python"
      >
        {clipboard.copied ? "Copied" : clipboard.error ? "Not allowed here" : "Copy as Python"}
      </Button>
    </Tooltip>
  );
}

function nothing(message: string): void {
  notifications.show({ color: "red", title: "Nothing was copied.", message });
}
