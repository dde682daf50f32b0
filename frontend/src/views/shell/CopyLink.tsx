import { Button, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { addressBar } from "../../state/page";
import { CheckIcon, LinkIcon } from "../icons";

/** Copies the address of exactly what is on screen. */
export function CopyLink() {
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <Tooltip label="Copies a link that reproduces this screen: batch, loss, configuration, term, zoom and selection.">
      <Button
        variant="default"
        size="xs"
        leftSection={clipboard.copied ? <CheckIcon /> : <LinkIcon />}
        onClick={() => clipboard.copy(addressBar.href())}
        data-testid="copy-link"
      >
        {clipboard.copied ? "Copied" : "Copy link"}
      </Button>
    </Tooltip>
  );
}
