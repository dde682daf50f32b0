import { ActionIcon, type MantineColorScheme, Tooltip, useMantineColorScheme } from "@mantine/core";
import { MoonIcon, ScreenIcon, SunIcon } from "../icons";

const NEXT: Record<MantineColorScheme, MantineColorScheme> = { auto: "light", light: "dark", dark: "auto" };
const ICONS = { auto: ScreenIcon, light: SunIcon, dark: MoonIcon };
const NAMES = { auto: "system", light: "light", dark: "dark" };

/** Cycles through the system's colour scheme, light and dark. */
export function SchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = ICONS[colorScheme];
  const label = `Colours: ${NAMES[colorScheme]}. Switch to ${NAMES[NEXT[colorScheme]]}`;
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="default"
        size={30}
        aria-label={label}
        data-testid="scheme-toggle"
        onClick={() => setColorScheme(NEXT[colorScheme])}
      >
        <Icon />
      </ActionIcon>
    </Tooltip>
  );
}
