import { Button } from "@mantine/core";
import { linkStore, useLink } from "../../state/use_link";
import styles from "./Overview.module.css";

/** That a slice or what is pinned, which the tabs of the losses show, changes nothing here. */
export function WholeBatch() {
  const slice = useLink((link) => link.slice !== null);
  const pinned = useLink((link) => link.pinned !== null);
  if (!slice && !pinned) return null;
  const kept = [slice && "the slice", pinned && "what is pinned"].filter(Boolean).join(" and ");
  return (
    <p className={styles.whole} role="status" data-testid="whole-batch">
      <span>
        This page is of the whole batch, live: {kept} {slice && pinned ? "show" : "shows"} in the tabs of the losses.
      </span>
      <Button
        size="compact-xs"
        variant="subtle"
        onClick={() => linkStore.update({ slice: null, pinned: null, side: "live" })}
        data-testid="whole-batch-drop"
      >
        {slice && pinned ? "Drop both" : pinned ? "Unpin" : "Drop the slice"}
      </Button>
    </p>
  );
}
