"""One small file per model, all behind the contract of `models/contract.py`. numpy only."""
