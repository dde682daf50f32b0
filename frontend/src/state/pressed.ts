const WRITING = "textarea, select, [contenteditable], [role=dialog], [role=menu], [role=listbox]";
const WRITTEN_INTO = "input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=file])";
const MOVED_BY_ARROWS = "[role=tab], [role=radio], input[type=radio], input[type=range], section[tabindex]";

/** A key by its name, "Ctrl+z" with Ctrl or Cmd held; null when it belongs to whatever has the focus. */
export function pressed(event: KeyboardEvent): string | null {
  if (event.defaultPrevented || event.altKey || event.isComposing) return null;
  const at = event.target instanceof Element ? event.target : null;
  if (at?.closest(WRITING) || at?.matches(WRITTEN_INTO)) return null;
  if (event.key.startsWith("Arrow") && at?.closest(MOVED_BY_ARROWS)) return null;
  return event.ctrlKey || event.metaKey ? `Ctrl+${event.key}` : event.key;
}
