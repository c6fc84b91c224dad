// What only the pages with a passkey load.
import "../passkey-ceremony.js";
