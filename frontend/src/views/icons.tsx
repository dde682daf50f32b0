import type { ReactNode } from "react";

/** The page's few icons, drawn on a 24 x 24 grid in the colour of the text around them. */
function icon(paths: ReactNode) {
  return function Icon({ size = 16 }: { size?: number }) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        {paths}
      </svg>
    );
  };
}

export const UploadIcon = icon(<path d="M12 16V4m0 0L7 9m5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3" />);
export const DownloadIcon = icon(<path d="M12 4v12m0 0 5-5m-5 5-5-5M4 18v1a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-1" />);
export const LinkIcon = icon(
  <path d="M10 14a4 4 0 0 0 5.7 0l3.3-3.300a4 4 0 0 0-5.7-5.700L12 6.300M14 10a4 4 0 0 0-5.7 0L5 13.300A4 4 0 0 0 10.7 19l1.3-1.3" />,
);
export const CheckIcon = icon(<path d="m5 12.5 4.5 4.500L19 7.5" />);
export const CopyIcon = icon(<path d="M9 9h10v11H9zM15 9V5a1 1 0 0 0-1-1H6a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h3" />);
export const CodeIcon = icon(<path d="m8 7-5 5 5 5M16 7l5 5-5 5M13.5 5l-3 14" />);
export const TrashIcon = icon(<path d="M4 7h16M10 11v6m4-6v6M6 7l1 12a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1l1-12M9 7V4h6v3" />);
export const ChevronIcon = icon(<path d="m7 10 5 5 5-5" />);
export const ResetIcon = icon(<path d="M4 5v5h5M4.6 10A8 8 0 1 1 4 13.5" />);
export const UndoIcon = icon(<path d="M8 5 4 9l4 4M4 9h10a5.500 5.500 0 0 1 0 11h-4" />);
export const RedoIcon = icon(<path d="m16 5 4 4-4 4m4-4H10a5.500 5.500 0 0 0 0 11h4" />);
export const BookmarkIcon = icon(<path d="M7 4h10v16l-5-4-5 4z" />);
export const PencilIcon = icon(<path d="m4 20 1-4L16 5l3 3L8 19zM14 7l3 3" />);
export const KeyboardIcon = icon(
  <path d="M3 7h18v10H3zM7 10.500v.01m3.300-.01v.01m3.400-.01v.01m3.300-.01v.01M8.500 14h7" />,
);
export const AlertIcon = icon(<path d="M12 4 2.8 20h18.400zM12 10v4m0 3v.01" />);
export const StopIcon = icon(<path d="M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 7.500v5.500m0 3v.01" />);
export const InfoIcon = icon(<path d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v6m0-9.500v.01" />);
export const FirstIcon = icon(<path d="m18 6-7 6 7 6zM7 6v12" />);
export const BackIcon = icon(<path d="m15 6-7 6 7 6z" />);
export const ForwardIcon = icon(<path d="m9 6 7 6-7 6z" />);
export const LastIcon = icon(<path d="m6 6 7 6-7 6zM17 6v12" />);
export const StarIcon = icon(
  <path d="m12 3.500 2.600 5.400 5.900.800-4.300 4.100 1.050 5.900L12 16.900l-5.250 2.800 1.050-5.900L3.500 9.700l5.900-.800z" />,
);
export const CloseIcon = icon(<path d="m6 6 12 12M18 6 6 18" />);
export const SunIcon = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2.500v2M12 19.500v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M5.3 18.700l1.4-1.400M17.3 6.700l1.4-1.4" />
  </>,
);
export const MoonIcon = icon(<path d="M20 14.500A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.500z" />);
export const ScreenIcon = icon(<path d="M4 5h16v11H4zM9 20h6M12 16v4" />);
