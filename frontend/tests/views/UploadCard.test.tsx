// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Problem } from "../../src/lib/problem";
import { UploadCard } from "../../src/views/shell/UploadCard";

afterEach(cleanup);

it("says why a file was refused without the name of the request's part", () => {
  const problem = new Problem({ status: 415, code: "unknown_format", message: "file: found no bytes.", field: "file" });
  render(
    <MantineProvider>
      <UploadCard upload={{ name: "a.npz", size: 0, sent: 0, queued: false, problem }} onClose={vi.fn()} />
    </MantineProvider>,
  );
  expect(screen.getByTestId("error-message").textContent).toBe("Found no bytes.");
});

it.each([
  [{ sent: 1024, queued: false }, "1.02 kB of 4.1 kB"],
  [{ sent: 4096, queued: false }, "Reading the file…"],
  [{ sent: 0, queued: true }, "Waiting: the server is reading other files…"],
])("says how far an upload is, and can be cancelled: %o", (progress, text) => {
  const close = vi.fn();
  render(
    <MantineProvider>
      <UploadCard upload={{ name: "a.npz", size: 4096, problem: null, ...progress }} onClose={close} />
    </MantineProvider>,
  );
  expect(screen.getByTestId("upload-progress").textContent).toContain(text);
  fireEvent.click(screen.getByTestId("upload-cancel"));
  expect(close).toHaveBeenCalled();
});
