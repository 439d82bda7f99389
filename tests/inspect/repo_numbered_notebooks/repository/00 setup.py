# Databricks notebook source
LLM = "chat-large"
