// What only the Compose page loads.
import "../compose/drawers.js";
import "../compose/keyed-parts.js";
import "../compose/presence.js";
import "../compose/rows.js";
import "../compose/section-list.js";
import "../compose/compiled-map.js";
