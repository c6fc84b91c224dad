// What every page loads. Each import is one island and knows nothing of the others.
import "./after-save.js";
import "./bound-range.js";
import "./by-itself.js";
import "./chat-pane.js";
import "./copy.js";
import "./dialogs.js";
import "./draft-form.js";
import "./jump-dialog.js";
import "./keys.js";
import "./live-bell.js";
import "./live-region.js";
import "./notices.js";
import "./theme-switch.js";
