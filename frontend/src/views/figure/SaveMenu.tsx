import { ActionIcon, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import type { RefObject } from "react";
import { captionLines } from "../../lib/captions";
import { csvOf } from "../../lib/csv";
import { figureFile, figureTitle } from "../../lib/file_names";
import type { FigureResult } from "../../lib/types";
import { saveFile } from "../../state/save_file";
import { type ScreenSnapshot, screenSnapshot } from "../../state/screen_snapshot";
import { DownloadIcon } from "../icons";
import styles from "./Figures.module.css";

interface SaveMenuProps {
  result: FigureResult;
  place: RefObject<HTMLElement | null>;
  testid: string;
}

/** Saves one figure: a picture of it as it is on screen, or its table. Quiet until pointed at or focused. */
export function SaveMenu({ result, place, testid }: SaveMenuProps) {
  const save = async (ending: string) => {
    const screen = screenSnapshot();
    if (!screen || !place.current) return;
    try {
      await saveAs(ending, result, place.current, screen);
    } catch (thrown) {
      notifications.show({ color: "red", title: "The figure was not saved.", message: String(thrown) });
    }
  };
  return (
    <Menu position="bottom-end" shadow="md" loop={false}>
      <Menu.Target>
        <ActionIcon
          className={styles.save}
          variant="subtle"
          color="gray"
          size={20}
          aria-label="Save this figure"
          data-testid={`${testid}-save`}
        >
          <DownloadIcon size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(result.table ? ["csv"] : ["png", "svg"]).map((ending) => (
          <Menu.Item key={ending} onClick={() => save(ending)} data-testid={`${testid}-save-${ending}`}>
            {NAMES[ending]} <span className="mono dim">.{ending}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

const NAMES: Record<string, string> = { csv: "Table", png: "Picture", svg: "Vector graphic" };

async function saveAs(ending: string, result: FigureResult, place: HTMLElement, screen: ScreenSnapshot): Promise<void> {
  const title = figureTitle(result, screen.catalogue);
  const name = `${figureFile(screen.view.batch.name, result.loss, title)}.${ending}`;
  if (result.table) return saveFile(name, csvOf(result.table), "text/csv");
  const { svgOf, pngOf } = await import("./picture_of");
  const lines = captionLines(result, screen.view.batch, screen.catalogue, screen.result.request.body.configs);
  if (ending === "svg") saveFile(name, await svgOf(place, title, lines), "image/svg+xml");
  else saveFile(name, await pngOf(place, title, lines), "image/png");
}
