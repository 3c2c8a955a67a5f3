# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""The offline companion of Neume: data, network, training, export."""
