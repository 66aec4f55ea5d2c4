.PHONY: help
help:
	@echo "being written"
