"""What may be asked of patients' data: export, erasure, purge, new keys, backup.

Reads and deletes in every store. Decides nothing clinical, and nothing here may print her words.
"""
