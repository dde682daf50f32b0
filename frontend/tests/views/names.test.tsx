// @vitest-environment happy-dom
import { MantineProvider, Menu } from "@mantine/core";
import { cleanup, render } from "@testing-library/react";
import { afterEach, beforeAll, expect, it } from "vitest";
import type { BatchInfo } from "../../src/lib/types";
import { BatchCard } from "../../src/views/batch/BatchCard";
import { DeleteButton } from "../../src/views/menu/DeleteButton";
import { EntryRow } from "../../src/views/menu/EntryRow";
import { UploadCard } from "../../src/views/shell/UploadCard";

const HOSTILE = "demo\u202esrosnetefas.exe";
const SHOWN = "demo\\u202esrosnetefas.exe";
const nothing = () => undefined;

beforeAll(() => {
  window.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
});
afterEach(cleanup);

it.each([
  ["the card of a batch", <BatchCard key="" batch={batch()} brief onRemap={nothing} />],
  ["an entry of a list", <Entry key="" />],
  ["an upload", <UploadCard key="" upload={upload()} onClose={nothing} />],
  ["a refused upload", <UploadCard key="" upload={upload(true)} onClose={nothing} />],
  ["a button to delete", <DeleteButton key="" id="" name={HOSTILE} remove={remove()} testid="" />],
])("shows U+202E in a name as text in %s", (_, element) => {
  const { baseElement } = render(<MantineProvider env="test">{element}</MantineProvider>);
  expect(baseElement.innerHTML).toContain(SHOWN);
  expect(baseElement.innerHTML).not.toContain("\u202e");
});

function Entry() {
  return (
    <Menu opened transitionProps={{ duration: 0 }} withinPortal={false}>
      <Menu.Dropdown>
        <EntryRow name={HOSTILE} facts="" onPick={nothing} testid="">
          {null}
        </EntryRow>
      </Menu.Dropdown>
    </Menu>
  );
}

function batch() {
  return {
    id: "0",
    name: HOSTILE,
    B: 1,
    S: 2,
    size: 1,
    fields: [],
    mapped_from: { file: HOSTILE, import_id: null, notes: [] },
  } as unknown as BatchInfo;
}

function upload(refused = false) {
  const problem = refused ? { message: "No.", code: "", field: null } : null;
  return { name: HOSTILE, size: 2, sent: 1, problem } as unknown as Parameters<typeof UploadCard>[0]["upload"];
}

function remove() {
  return { isPending: false, mutate: nothing };
}
