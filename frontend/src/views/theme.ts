import { createTheme, Tooltip } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 5 },
  defaultRadius: "sm",
  colors: {
    // The greys of theme.css, so that Mantine's own parts sit on the same surfaces.
    dark: [
      "#e7eaee",
      "#c3c9d1",
      "#a3abb6",
      "#7c8591",
      "#363c45",
      "#2a2f36",
      "#1b1f24",
      "#15181c",
      "#101316",
      "#0b0d0f",
    ],
  },
  fontFamily: '"Inter", system-ui, -apple-system, "Segoe UI", sans-serif',
  fontFamilyMonospace: '"JetBrains Mono", ui-monospace, "SF Mono", Menlo, Consolas, monospace',
  headings: { fontWeight: "600" },
  components: {
    Tooltip: Tooltip.extend({
      defaultProps: {
        multiline: true,
        maw: 320,
        fz: 12.5,
        openDelay: 250,
        withArrow: true,
        events: { hover: true, focus: true, touch: true },
      },
    }),
  },
});
