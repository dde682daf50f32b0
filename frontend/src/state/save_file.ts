/** Hands a file to the browser, to be saved under a name. */
export function saveFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The click only asks for the download: the address must outlive this task.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
