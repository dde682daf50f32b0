import { Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { problemOf } from "../../lib/problem";
import { fileUrl, termsUrl } from "../../state/addresses";
import { type ScreenSnapshot, screenSnapshot } from "../../state/screen_snapshot";
import { DownloadIcon } from "../icons";

/** Downloads: the screen as a report, every term of the viewed loss, the batch. */
export function DownloadMenu() {
  return (
    <Menu width={280} position="bottom-end" shadow="md" loop={false}>
      <Menu.Target>
        <Button variant="default" size="xs" leftSection={<DownloadIcon />} data-testid="download-menu">
          Download
        </Button>
      </Menu.Target>
      <Menu.Dropdown data-testid="download-list">
        <Items />
      </Menu.Dropdown>
    </Menu>
  );
}

/** Built when the menu opens, from the current screen. */
function Items() {
  const screen = screenSnapshot();
  if (!screen) return <Menu.Label>Nothing is on screen yet</Menu.Label>;
  return (
    <>
      <Menu.Label>This screen</Menu.Label>
      <Menu.Item onClick={() => report(screen)} data-testid="download-report">
        Offline report <Ending>.html</Ending>
      </Menu.Item>
      <Menu.Divider />
      <TermItems screen={screen} />
      <Menu.Divider />
      <Menu.Label>Batch</Menu.Label>
      <Menu.Item component="a" href={fileUrl(screen.view.batch.id)} download data-testid="download-batch">
        Batch file <Ending>.safetensors</Ending>
      </Menu.Item>
    </>
  );
}

async function report(screen: ScreenSnapshot): Promise<void> {
  try {
    const { saveReport } = await import("../report/save_report");
    await saveReport(screen);
  } catch (thrown) {
    notifications.show({ color: "red", title: "The report was not saved.", message: problemOf(thrown).message });
  }
}

function TermItems({ screen: { view, result } }: { screen: ScreenSnapshot }) {
  const { name, title } = view.loss;
  const { batch, body } = result.request;
  const runs = result.evaluation.losses[name]?.error === null;
  return (
    <>
      <Menu.Label>
        Terms of {title}, all rows{runs ? "" : " (does not run on this batch)"}
      </Menu.Label>
      {(["csv", "safetensors"] as const).map((format) => (
        <Menu.Item
          key={format}
          component="a"
          href={termsUrl(batch, name, format, { [name]: body.configs[name] ?? {} })}
          download
          disabled={!runs}
          data-testid={`download-terms-${format}`}
        >
          {format === "csv" ? "Table" : "Tensors"} <Ending>.{format}</Ending>
        </Menu.Item>
      ))}
    </>
  );
}

function Ending({ children }: { children: string | string[] }) {
  return <span className="mono dim">{children}</span>;
}
