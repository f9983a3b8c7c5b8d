"""The stage that looks: who pays for what, what is wasted, why we think so. Pure."""
