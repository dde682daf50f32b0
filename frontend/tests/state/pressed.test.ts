// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { pressed } from "../../src/state/pressed";

afterEach(() => void document.body.replaceChildren());

/** The name of a key pressed on the element with the id "at". */
function pressedOn(html: string, key: string, held: KeyboardEventInit = {}): string | null {
  document.body.innerHTML = html;
  let name: string | null = "never heard";
  const listen = (event: KeyboardEvent) => {
    name = pressed(event);
  };
  window.addEventListener("keydown", listen);
  const press = new window.KeyboardEvent("keydown", { key, bubbles: true, ...held });
  (document.getElementById("at") ?? document.body).dispatchEvent(press);
  window.removeEventListener("keydown", listen);
  return name;
}

describe("pressed", () => {
  it("names a key, with Ctrl or Cmd the same", () => {
    expect(pressedOn("", "?")).toBe("?");
    expect(pressedOn("", "z", { ctrlKey: true })).toBe("Ctrl+z");
    expect(pressedOn("", "Z", { metaKey: true, shiftKey: true })).toBe("Ctrl+Z");
    expect(pressedOn("", "ArrowLeft", { altKey: true })).toBeNull();
  });

  it.each(["<input id=at>", "<textarea id=at></textarea>", "<div role=menu><button id=at></button></div>"])(
    "leaves every key to %s",
    (html) => {
      expect(pressedOn(html, "1")).toBeNull();
      expect(pressedOn(html, "ArrowUp")).toBeNull();
      expect(pressedOn(html, "Escape")).toBeNull();
    },
  );

  it.each(["<input type=range id=at></div>", "<button role=tab id=at></button>", "<input type=radio id=at>"])(
    "leaves only the arrows to %s",
    (html) => {
      expect(pressedOn(html, "ArrowUp")).toBeNull();
      expect(pressedOn(html, "z")).toBe("z");
    },
  );

  it("hears every key on a button and on a switch", () => {
    expect(pressedOn("<button id=at></button>", "ArrowUp")).toBe("ArrowUp");
    expect(pressedOn("<input type=checkbox id=at>", "1")).toBe("1");
  });
});
