import { Switch, Tooltip } from "@mantine/core";
import { linkStore, useLink } from "../../state/use_link";
import styles from "./Figures.module.css";

const DOC =
  "Logarithmic colours beyond the median size, linear below it (symlog): small values stay apart beside large ones. The values stay what they are.";

/** Whether the map's colours follow heavy tails. */
export function ColoursSwitch() {
  const colours = useLink((link) => link.colours);
  return (
    <Tooltip label={DOC}>
      <Switch
        size="xs"
        className={styles.tool}
        label="log colours"
        labelPosition="left"
        checked={colours === "symlog"}
        onChange={(event) => linkStore.update({ colours: event.currentTarget.checked ? "symlog" : "linear" })}
        data-testid="colours-switch"
      />
    </Tooltip>
  );
}
