// What only the page of a review loads.
import "../review/review-keys.js";
import "../review/mention-field.js";
