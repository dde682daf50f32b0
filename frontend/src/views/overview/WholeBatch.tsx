import { Button } from "@mantine/core";
import { showWholeBatch } from "../../state/actions/comparison";
import { useLink } from "../../state/page";
import styles from "./Overview.module.css";

/** Note that slices and pins, which apply to the loss tabs, do not affect the overview. */
export function WholeBatch() {
  const slice = useLink((link) => link.slice !== null);
  const pinned = useLink((link) => link.pinned !== null);
  if (!slice && !pinned) return null;
  const others = [slice && "the slice", pinned && "the pinned state"].filter(Boolean).join(" and ");
  return (
    <p className={styles.whole} role="status" data-testid="whole-batch">
      <span>The overview shows the whole live batch. The loss tabs also show {others}.</span>
      <Button size="compact-xs" variant="subtle" onClick={showWholeBatch} data-testid="whole-batch-drop">
        {slice && pinned ? "Clear both" : pinned ? "Unpin" : "Clear the slice"}
      </Button>
    </p>
  );
}
