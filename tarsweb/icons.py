"""The icons, as SVG path data on a 24 × 24 grid, drawn with a 1.75 stroke. Pure.

Own drawings in the manner of the look; kept as data so that a page carries only those it shows.
"""

from __future__ import annotations

ICONS: dict[str, str] = {
    "shield": '<path d="M12 2.5 4 6v6c0 4.8 3.4 8.2 8 9.5 4.6-1.3 8-4.7 8-9.5V6z"/><path d="m8.5 12 2.5 2.5 4.5-5"/>',
    "home": '<path d="M4 20V10l8-6 8 6v10h-5.5v-6h-5v6z"/>',
    "inbox": '<path d="M3.5 13 6 5h12l2.5 8v6h-17z"/><path d="M3.5 13H8l1.5 2.5h5L16 13h4.5"/>',
    "amendment": '<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4M9 12h6M12 9v6M9 18h6"/>',
    "system": '<rect x="4" y="4" width="16" height="7" rx="1.5"/><rect x="4" y="13" width="16" height="7" rx="1.5"/>'
    '<path d="M7.5 7.5h.01M7.5 16.5h.01M11 7.5h5.5M11 16.5h5.5"/>',
    "ledger": '<path d="M6 3h13v18H6a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z"/><path d="M8 3v18M12 8h4M12 12h4"/>',
    "wrench": '<path d="M14.5 6.5a4 4 0 0 1 5-1.5l-2.6 2.6.5 2 2 .5 2.1-2.1a4 4 0 0 1-5.5 4.5'
    'L8.5 20a2.1 2.1 0 0 1-3-3z"/>',
    "user": '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c1-4 4-6 7.5-6s6.5 2 7.5 6"/>',
    "users": '<circle cx="9" cy="8.5" r="3.5"/><path d="M2.5 20c.8-3.6 3.4-5.5 6.5-5.5s5.7 1.9 6.5 5.5"/>'
    '<path d="M15.5 5.2a3.5 3.5 0 0 1 0 6.6M18 14.9c1.8.8 3 2.5 3.5 5.1"/>',
    "tenant": '<path d="M4 21V4h10v17M14 9h6v12M2.5 21h19"/><path d="M7.5 8h3M7.5 12h3M7.5 16h3M17 13v.01M17 17v.01"/>',
    "key": '<circle cx="8" cy="15.5" r="4.5"/><path d="m11.2 12.3 8.3-8.3M16 7.5l3 3M13.5 10l2 2"/>',
    "lock": '<rect x="5" y="11" width="14" height="10" rx="2"/><path d="M8 11V7.5a4 4 0 0 1 8 0V11"/>',
    "mail": '<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m3.5 7 8.5 6 8.5-6"/>',
    "phone": '<rect x="7" y="2.5" width="10" height="19" rx="2"/><path d="M11 18h2"/>',
    "monitor": '<rect x="3" y="4" width="18" height="12" rx="2"/><path d="M8.5 20h7M12 16v4"/>',
    "sign-out": '<path d="M14 4H6v16h8M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5"/>',
    "auto": '<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5v17a8.5 8.5 0 0 0 0-17z" fill="currentColor"/>',
    "sun": '<circle cx="12" cy="12" r="4"/><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3'
    'l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"/>',
    "moon": '<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z"/>',
    "keyboard": '<rect x="2.5" y="6" width="19" height="12" rx="2"/>'
    '<path d="M6.5 10h.01M10 10h.01M14 10h.01M17.5 10h.01M8 14h8"/>',
    "bell": '<path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15z"/><path d="M10 21h4"/>',
    "help": '<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.7 2.2c-.8.4-1.2 1-1.2 1.8M12 17v.01"/>',
    "check": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
    "check-circle": '<circle cx="12" cy="12" r="9"/><path d="m8 12.5 2.7 2.7L16 9.5"/>',
    "x": '<path d="M6 6l12 12M18 6 6 18"/>',
    "x-circle": '<circle cx="12" cy="12" r="9"/><path d="m9 9 6 6M15 9l-6 6"/>',
    "circle": '<circle cx="12" cy="12" r="8.5" stroke-dasharray="3 3"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.5v.01"/>',
    "alert": '<path d="M12 3.5 2.5 20h19z"/><path d="M12 10v4.5M12 17.2v.01"/>',
    "chevron-down": '<path d="m6 9.5 6 6 6-6"/>',
    "chevron-right": '<path d="m9.5 6 6 6-6 6"/>',
    "chevron-left": '<path d="m14.5 6-6 6 6 6"/>',
    "arrow-right": '<path d="M4 12h15.5M13.5 6l6 6-6 6"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
    "filter": '<path d="M4 6h16M7 12h10M10 18h4"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5.2l3.5 2"/>',
    "undo": '<path d="M8.5 5 4 9.5 8.5 14"/><path d="M4 9.5h10a5.5 5.5 0 0 1 0 11H8"/>',
    "edit": '<path d="M4 20l1-4.5L16.5 4 20 7.5 8.5 19z"/><path d="M14 6.5l3.5 3.5"/>',
    "copy": '<rect x="8.5" y="8.5" width="12" height="12" rx="2"/><path d="M15.5 8.5v-5h-12v12h5"/>',
    "download": '<path d="M12 4v11.5M7 11l5 5 5-5M4.5 20h15"/>',
    "link": '<path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.5 1.5"/>'
    '<path d="M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.5-1.5"/>',
    "branch": '<circle cx="6.5" cy="5.5" r="2.5"/><circle cx="6.5" cy="18.5" r="2.5"/>'
    '<circle cx="17.5" cy="8.5" r="2.5"/><path d="M6.5 8v8M17.5 11c0 3.5-4 4-8.5 5.5"/>',
    "stop": '<rect x="6" y="6" width="12" height="12" rx="1.5" fill="currentColor"/>',
    "sparkle": '<path d="M12 3.5 13.8 10l6.7 2-6.7 2L12 20.5 10.2 14l-6.7-2 6.7-2z"/>',
    "chart": '<path d="M4 4v16h16"/><path d="m7.5 14.5 4-4.5 3 2.5 4.5-6"/>',
    "table": '<rect x="3.5" y="5" width="17" height="14" rx="1.5"/><path d="M3.5 10h17M9.5 10v9"/>',
    "star": '<path d="m12 3.5 2.6 5.6 6 .7-4.5 4.1 1.2 6L12 16.9l-5.3 3 1.2-6-4.5-4.1 6-.7z" fill="currentColor"/>',
    "eye": '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/>'
    '<circle cx="12" cy="12" r="2.75"/>',
}
