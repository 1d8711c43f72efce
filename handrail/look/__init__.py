"""The look of the house: page shell and components, print, plain language, accessibility."""
