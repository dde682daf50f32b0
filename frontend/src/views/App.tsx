import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { problemOf } from "../lib/problem";
import { Page } from "./shell/Page";
import { theme } from "./theme";

/** Retry only when the server is unreachable: a refused request would be refused again. */
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, thrown) => failures < 1 && problemOf(thrown).status === 0,
      refetchOnWindowFocus: false,
    },
  },
});

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Notifications position="bottom-right" />
        <Page />
      </QueryClientProvider>
    </MantineProvider>
  );
}
