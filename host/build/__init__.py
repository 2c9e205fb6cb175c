"""From a bundle to C headers, and from headers and sources to programs and libraries."""
