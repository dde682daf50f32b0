import { Switch, Tooltip } from "@mantine/core";
import { setColours } from "../../state/actions/map";
import { useLink } from "../../state/page";
import styles from "./Figures.module.css";

const DOC =
  "Colours are linear up to the median magnitude and logarithmic above it (symlog), so small values stay distinct beside large ones. Only the colours change, not the values.";

/** Switches the map between linear and logarithmic colours. */
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
        onChange={(event) => setColours(event.currentTarget.checked ? "symlog" : "linear")}
        data-testid="colours-switch"
      />
    </Tooltip>
  );
}
