import { ActionIcon, Menu } from "@mantine/core";
import { memo } from "react";
import { onlyChanged } from "../../lib/configs";
import type { Control } from "../../lib/controls";
import { sameConfig } from "../../lib/presets";
import type { Config, LossInfo } from "../../lib/types";
import { useLink } from "../../state/page";
import { usePresets } from "../../state/use_presets";
import { BookmarkIcon } from "../icons";
import { PresetItem } from "./PresetItem";
import styles from "./PresetMenu.module.css";
import { SavedRow } from "./SavedRow";
import { SavePreset } from "./SavePreset";

interface PresetMenuProps {
  loss: LossInfo;
  controls: readonly Control[];
  onApply: (config: Config) => void;
}

/** Configurations with a name: published ones, and those saved in this browser. */
export const PresetMenu = memo(function PresetMenu(props: PresetMenuProps) {
  return (
    <Menu width={340} position="bottom-start" shadow="md" closeOnItemClick={false}>
      <Menu.Target>
        <ActionIcon
          size={24}
          variant="default"
          aria-label="Presets"
          title="Published configurations and your own"
          data-testid="presets"
        >
          <BookmarkIcon size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown data-testid="preset-list">
        <Presets {...props} />
      </Menu.Dropdown>
    </Menu>
  );
});

const NOTHING: Config = {};

/** Rendered only while the menu is open, so that a dragged slider does not redraw them. */
function Presets({ loss, controls, onApply }: PresetMenuProps) {
  const { saved, save, rename, remove } = usePresets(loss.name);
  const current = useLink(({ configs }) => configs[loss.name]) ?? NOTHING;
  const active = (config: Config) => sameConfig(onlyChanged(controls, config), current);
  return (
    <>
      {loss.presets.length > 0 && <Menu.Label>Published</Menu.Label>}
      {loss.presets.map(({ name, doc, config, reference }) => (
        <PresetItem key={name} name={name} config={config} active={active(config)} onApply={() => onApply(config)}>
          {doc}
          <cite className={styles.reference}>{reference}</cite>
        </PresetItem>
      ))}
      <Menu.Label>Saved in this browser</Menu.Label>
      {saved.map(({ name, config }) => (
        <SavedRow
          key={name}
          name={name}
          config={config}
          active={active(config)}
          onApply={() => onApply(config)}
          onRename={(to) => rename(name, to)}
          onRemove={() => remove(name)}
        />
      ))}
      <SavePreset
        taken={saved.map(({ name }) => name)}
        changed={Object.keys(current).length}
        onSave={(name) => save({ name, config: current })}
      />
    </>
  );
}
